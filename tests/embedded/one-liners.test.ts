import { testOneLiners } from '../support/one-liners.ts';

testOneLiners({ options: ['--backend', 'embedded'], isKernel: false, isPossible: () => true });
