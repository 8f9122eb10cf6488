import type { Clock } from '../clock.js';
import type { CockpitClient } from '../server/types.js';
import { Flight, type FlightPlan } from './flight.js';

/** Keeps it at one request at a time. */
export class Flights {
  readonly counts = { launched: 0, aborted: 0, ended: 0 };
  readonly #client: CockpitClient;
  readonly #clock: Clock;
  readonly #onChange: (running: boolean) => void;
  readonly #onEnd: (flight: Flight) => void;
  #current: Flight | undefined;

  /**
   * @param onChange is told when a request begins and when none is left.
   * @param onEnd is told of every request that has ended, before those who wait for it.
   */
  constructor(
    client: CockpitClient,
    clock: Clock,
    onChange: (running: boolean) => void,
    onEnd: (flight: Flight) => void,
  ) {
    this.#client = client;
    this.#clock = clock;
    this.#onChange = onChange;
    this.#onEnd = onEnd;
  }

  /** The request that is running. */
  get current(): Flight | undefined {
    return this.#current;
  }

  /** Sends a request, ending the one before. */
  launch(plan: FlightPlan): Flight {
    this.abort();
    this.counts.launched++;
    const flight = new Flight(plan, this.#client, this.#clock, (ended) => this.#ended(ended));
    if (flight.state === 'running') {
      this.#current = flight;
      this.#onChange(true);
    }
    return flight;
  }

  /** Ends the running request upstream, if there is one. */
  abort(): void {
    this.#current?.abort();
  }

  #ended(flight: Flight): void {
    if (flight.state === 'aborted') {
      this.counts.aborted++;
    } else {
      this.counts.ended++;
    }
    this.#onEnd(flight);
    if (this.#current === flight) {
      this.#current = undefined;
      this.#onChange(false);
    }
  }
}
