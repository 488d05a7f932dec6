export { readScenario, type Scenario } from './read-scenario.ts';
export { ScenarioError } from './scenario-error.ts';
