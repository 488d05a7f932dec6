import { testScriptArrays } from '../support/script-arrays.ts';

testScriptArrays('kernel');
