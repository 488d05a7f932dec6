import { testReference } from '../support/reference-tests.ts';

testReference({ options: ['--backend', 'embedded'], isKernel: false, isPossible: () => true });
