import { testRuns } from '../support/run-tests.ts';

testRuns(['--backend', 'embedded'], () => true);
