export { type ParentLink, serveParent } from './child.ts';
export { type ChildJob, runChild } from './run-child.ts';
