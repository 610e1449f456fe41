export { type ParentLink, serveParent } from './child.ts';
export { runChild } from './run-child.ts';
