import { version as kernelVersion, machine, release, type } from 'node:os';
import { LiveMachine } from '../runtime/index.ts';
import type { CommandContext } from './command-context.ts';
import { disabledFeatures } from './disabled-features.ts';
import { exitCodes } from './exit-codes.ts';
import { infoReport } from './info-report.ts';
import type { DisableableFeature } from './options.ts';
import { print } from './print.ts';
import { compatibleVersion, version } from './version.ts';

/** `--info`: asks the kernel for everything the report names. The result is the exit code. */
export function infoCommand(disabled: ReadonlySet<DisableableFeature>, { name }: CommandContext): number {
  const live = new LiveMachine({
    environment: process.env,
    includeDirs: [],
    debugInfoDirs: [],
    disabledFeatures: disabledFeatures(disabled),
    unsafe: false,
  });
  const report = infoReport({
    os: `${type()} ${release()} ${kernelVersion()}`,
    machine: machine(),
    version: name === 'bpftrace' ? compatibleVersion : version,
    compatibleVersion,
    nodeVersion: process.version,
    ask: (feature) => live.askFeature(feature),
  });
  print(report);
  return exitCodes.ok;
}
