import { testFaults } from '../support/fault-tests.ts';
import { requireRoot } from '../support/requirements.ts';

testFaults([], (t) => requireRoot(t));
