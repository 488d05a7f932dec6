import { testOneLiners } from '../support/one-liners.ts';
import { requireRoot } from '../support/requirements.ts';

testOneLiners({ options: [], isKernel: true, isPossible: (t) => requireRoot(t) });
