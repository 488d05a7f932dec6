import { testFaults } from '../support/fault-tests.ts';

testFaults(['--backend', 'embedded'], () => true);
