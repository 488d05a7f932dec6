import { testModes } from '../support/mode-tests.ts';
import { requireRoot } from '../support/requirements.ts';

testModes([], (t) => requireRoot(t));
