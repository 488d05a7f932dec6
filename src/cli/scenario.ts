import { kernelModelBtf } from '../embedded/index.ts';
import { readNamed, systemErrorText } from '../runtime/index.ts';
import { readScenario, type Scenario, ScenarioError } from '../scenario/index.ts';
import type { CommandContext } from './command-context.ts';
import { exitCodes } from './exit-codes.ts';
import type { Options } from './options.ts';
import { runOnEvents } from './run-on-events.ts';
import type { LoadedScript } from './script-source.ts';

/** People write them. */
const MAX_SCENARIO_BYTES = 64 << 20;

/** Runs a script on a scenario (`--scenario`). The result is the exit code. */
export async function scenarioCommand(
  path: string,
  options: Options,
  script: LoadedScript,
  context: CommandContext,
): Promise<number> {
  const scenario = openScenario(path);
  if (typeof scenario === 'string') {
    context.messages.error(scenario);
    return exitCodes.refused;
  }
  return await runOnEvents(options, script, context, {
    ...scenario,
    btf: kernelModelBtf(),
    source: 'the scenario',
    // It says all that happens: what it does not name stays silent.
    unknownProbe: () => undefined,
  });
}

/** The scenario, or what is wrong with it. */
function openScenario(path: string): Scenario | string {
  try {
    return readScenario(Buffer.from(readNamed(path, MAX_SCENARIO_BYTES)).toString('latin1'));
  } catch (error) {
    if (error instanceof ScenarioError) return `${path}:${error.line}: ${error.message}`;
    return `failed to open scenario '${path}': ${systemErrorText(error)}`;
  }
}
