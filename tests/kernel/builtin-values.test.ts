import { testBuiltinValues } from '../support/builtin-values.ts';
import { requireRoot } from '../support/requirements.ts';

testBuiltinValues('kernel', (t) => requireRoot(t));
