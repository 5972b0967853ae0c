// A request that is refused, with the status and the sentence of the page that says so.

export class Refusal extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}
