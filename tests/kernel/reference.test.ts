import { testReference } from '../support/reference-tests.ts';
import { requireRoot } from '../support/requirements.ts';

testReference({ options: [], isKernel: true, isPossible: (t) => requireRoot(t) });
