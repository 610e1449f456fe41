import { DefaultPayloadConverter } from '@temporalio/common';

/**
 * Reads what cannot be read as something that nobody expects, so that it is refused where any wrong
 * argument is. The SDK's converter would throw, and the workflow be tried for ever.
 */
class ForgivingConverter extends DefaultPayloadConverter {
  override fromPayload<T>(...given: Parameters<DefaultPayloadConverter['fromPayload']>): T {
    try {
      return super.fromPayload(...given) as T;
    } catch (error) {
      return { unreadable: (error as Error).message } as T;
    }
  }
}

/** The SDK looks for this name. */
export const payloadConverter = new ForgivingConverter();
