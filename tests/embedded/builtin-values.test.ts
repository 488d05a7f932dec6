import { testBuiltinValues } from '../support/builtin-values.ts';

testBuiltinValues('embedded', () => true);
