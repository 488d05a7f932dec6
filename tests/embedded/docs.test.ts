import { testDocs } from '../support/doc-tests.ts';

testDocs({
  options: ['--backend', 'embedded'],
  isPossible: () => true,
  // Without -c there is no process whose events could be told.
  excuse: ({ stderr }) =>
    /No matches for (tracepoint|kprobe)/.test(stderr) && stderr.includes('HINT: --backend embedded serves')
      ? 'the page traces the whole system, which only a kernel can'
      : undefined,
});
