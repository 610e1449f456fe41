import { patched } from '@temporalio/workflow';

/**
 * A cancelled run waits for the end of the stage it is in, and ends as finished where only closing
 * it was left. Runs that were started before this was so did neither, and replay like that.
 */
export const cancelsInOrder = (): boolean => patched('cancelled-stages-end-first');
