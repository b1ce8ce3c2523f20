/**
 * What is being stored, noted at once. IndexedDB answers later, and a page that is left before may lose what it was told;
 * localStorage is written when it returns. Where it is closed or full, nothing is noted, and IndexedDB alone decides.
 */
export class WriteAhead {
  constructor(private readonly key: string) {}

  /** The note of a page that was left too early, as JSON. */
  read(): string | null {
    try {
      return localStorage.getItem(this.key);
    } catch {
      return null;
    }
  }

  note(json: string): void {
    try {
      localStorage.setItem(this.key, json);
    } catch {
      // An older note must not pass for the newest.
      this.clear();
    }
  }

  /** It is stored. @param json only this note goes: a newer one stays; absent: whichever there is */
  clear(json?: string): void {
    try {
      if (json === undefined || localStorage.getItem(this.key) === json) localStorage.removeItem(this.key);
    } catch {
      // Nothing could be noted either.
    }
  }
}
