/** The shortest number that is the same float32: nine digits are always enough, JSON is shorter. */
export const round = (float32: number): number => Number(float32.toPrecision(9));
