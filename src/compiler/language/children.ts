import { unreachable } from '../../base/index.ts';
import type { Node } from './ast.ts';

/** The nodes directly inside a node, in the order of the source (a postfix operator's operand first). */
export function childrenOf(node: Node): readonly Node[] {
  switch (node.kind) {
    case 'script':
      return [...some(node.shebang), ...node.cSection, ...some(node.config), ...node.imports, ...node.items];
    case 'config':
      return node.settings;
    case 'config-setting':
      return [node.key, node.value];
    case 'import':
      return [node.path];
    case 'map-type-declaration':
      return [node.map, node.type];
    case 'map-declaration':
      return [node.map, node.type, node.maxEntries];
    case 'macro':
      return [node.name, ...node.params, node.body];
    case 'fn':
      return [node.name, ...node.params, node.returnType, node.body];
    case 'fn-param':
      return [node.variable, node.type];
    case 'probe':
      return [...node.attachPoints, ...some(node.predicate), node.body];
    case 'block':
      return [...node.statements, ...some(node.value)];
    case 'expr-statement':
      return [node.expr];
    case 'let':
      return [node.variable, ...some(node.type), ...some(node.value)];
    case 'assign':
      return [node.target, node.value];
    case 'discard':
      return [node.value];
    case 'while':
      return [node.condition, node.body];
    case 'unroll':
      return [node.count, node.body];
    case 'for':
      return [node.variable, node.over, node.body];
    case 'range':
      return [node.from, node.to];
    case 'return':
      return some(node.value);
    case 'map-access':
      return [node.map, node.key];
    case 'call':
      return [node.callee, ...node.args];
    case 'unary':
    case 'comptime':
      return [node.operand];
    case 'update':
    case 'address-of':
      return [node.target];
    case 'binary':
      return [node.left, node.right];
    case 'conditional':
      return [node.condition, ...some(node.then), node.otherwise];
    case 'if':
      return [node.condition, node.then, ...some(node.otherwise)];
    case 'cast':
      return [node.type, node.operand];
    case 'field':
      return [node.object, node.name];
    case 'element':
    case 'index':
      return [node.object, node.index];
    case 'tuple':
      return node.elements;
    case 'record':
      return node.fields;
    case 'record-field':
      return [node.name, node.value];
    case 'sizeof':
    case 'typeinfo':
    case 'typeof-type':
      return [node.of];
    case 'offsetof':
      return [node.of, ...node.path];
    case 'pointer-type':
      return [node.pointee];
    case 'array-type':
      return [node.element, ...some(node.size)];
    case 'shebang':
    case 'line-comment':
    case 'block-comment':
    case 'c-directive':
    case 'c-definition':
    case 'attach-point':
    case 'break':
    case 'continue':
    case 'name':
    case 'int':
    case 'bool':
    case 'string':
    case 'variable':
    case 'map':
    case 'builtin':
    case 'identifier':
    case 'positional':
    case 'positional-count':
    case 'named-type':
    case 'tagged-type':
      return [];
    default:
      return unreachable(node);
  }
}

function some<T>(value: T | undefined): readonly T[] {
  return value === undefined ? [] : [value];
}
