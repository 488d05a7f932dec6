import { testScriptValues } from '../support/script-values.ts';

testScriptValues('kernel');
