/** Below this, two measurements differ by the time between their two clock reads; above it somebody set the clock, or it drifted. */
const NOISE_NS = 500_000n;

/**
 * The distance between two clocks, measured at every call and kept as long as a new measurement is the old one within noise: times
 * converted with it stay as far apart as they were.
 */
export function steadyOffset(measureNs: () => bigint): () => bigint {
  let kept: bigint | undefined;
  return () => {
    const measured = measureNs();
    if (kept === undefined || measured - kept > NOISE_NS || kept - measured > NOISE_NS) kept = measured;
    return kept;
  };
}
