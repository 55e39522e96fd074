/** Who the caller is could not be established. The message may go to the caller. */
export class Unauthenticated extends Error {}
