import { testOneLiners } from '../support/one-liners.ts';
import { requireRoot } from '../support/requirements.ts';

testOneLiners([], (t) => requireRoot(t));
