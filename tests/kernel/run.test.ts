import { requireRoot } from '../support/requirements.ts';
import { testRuns } from '../support/run-tests.ts';

testRuns([], (t) => requireRoot(t));
