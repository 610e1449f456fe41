export { describeFailure, type Failure, isUserError, UserError, WorldError } from './failure.ts';
