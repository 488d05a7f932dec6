import { testDocs } from '../support/doc-tests.ts';
import { requireRoot } from '../support/requirements.ts';

testDocs({ options: [], isPossible: (t) => requireRoot(t), excuse: () => undefined });
