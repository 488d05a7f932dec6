import { testModes } from '../support/mode-tests.ts';

testModes(['--backend', 'embedded'], () => true);
