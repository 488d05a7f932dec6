import { testOneLiners } from '../support/one-liners.ts';

testOneLiners(['--backend', 'embedded'], () => true);
