export {
  describeFailure,
  type Failure,
  isExplained,
  isUserError,
  UserError,
  WorldError,
} from './failure.ts';
