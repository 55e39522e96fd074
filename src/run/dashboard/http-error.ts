/** What goes wrong with a question to the dashboard's API: a status, and a sentence for the one who asked. */
export class HttpError extends Error {
  readonly status: number

  constructor(status: number, message: string) {
    super(message)
    this.status = status
  }
}
