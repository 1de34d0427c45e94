// A window on a list of any length: browsers draw elements of some million pixels at most, so long lists are scrolled in proportion.

/** Firefox ends at 17.8 million pixels, Chrome at 33. */
const MAX_PIXELS = 8_000_000;

export class ScrollWindow {
  readonly #element: HTMLElement;
  readonly #sizer: HTMLElement;
  readonly #rowHeight: number;
  #rows = 0;
  #height = 0;
  /** Of the list's own pixels, which may be more than the element's. */
  top = 0;
  #written = 0;

  /** @param onMove the user has scrolled: it shows something else now */
  constructor(element: HTMLElement, sizer: HTMLElement, rowHeight: number, onMove: () => void) {
    this.#element = element;
    this.#sizer = sizer;
    this.#rowHeight = rowHeight;
    element.addEventListener("scroll", () => {
      if (element.scrollTop === this.#written) return;
      this.#written = element.scrollTop;
      this.top = element.scrollTop * this.#scale;
      onMove();
    });
    element.addEventListener(
      "wheel",
      (event) => {
        if (this.#scale === 1 || event.ctrlKey) return;
        // A notch would jump over thousands of rows.
        event.preventDefault();
        const unit = event.deltaMode === 1 ? rowHeight : event.deltaMode === 2 ? this.#height : 1;
        this.moveTo(this.top + event.deltaY * unit);
        onMove();
      },
      { passive: false },
    );
  }

  get height(): number {
    return this.#height;
  }

  get first(): number {
    return Math.floor(this.top / this.#rowHeight);
  }

  /** Rows that fit in whole. */
  get page(): number {
    return Math.max(1, Math.floor(this.#height / this.#rowHeight));
  }

  get isAtEnd(): boolean {
    return this.top >= this.#maxTop - this.#rowHeight / 2;
  }

  resize(rows: number, height: number): void {
    if (rows === this.#rows && height === this.#height) return;
    this.#rows = rows;
    this.#height = height;
    this.#sizer.style.height = `${Math.min(rows * this.#rowHeight, MAX_PIXELS)}px`;
    this.moveTo(this.top);
  }

  moveTo(top: number): void {
    this.top = Math.max(0, Math.min(top, this.#maxTop));
    const wanted = Math.round(this.top / this.#scale);
    if (Math.abs(this.#element.scrollTop - wanted) >= 1) this.#element.scrollTop = wanted;
    this.#written = this.#element.scrollTop;
  }

  /** Rows came or went above: what is seen stays. */
  shift(rows: number): void {
    this.moveTo(this.top + rows * this.#rowHeight);
  }

  show(row: number): void {
    const top = row * this.#rowHeight;
    if (top < this.top) this.moveTo(top);
    else if (top + this.#rowHeight > this.top + this.#height) this.moveTo(top + this.#rowHeight - this.#height);
  }

  toEnd(): void {
    this.moveTo(this.#maxTop);
  }

  get #maxTop(): number {
    return Math.max(0, this.#rows * this.#rowHeight - this.#height);
  }

  get #scale(): number {
    const real = this.#rows * this.#rowHeight;
    return real <= MAX_PIXELS ? 1 : this.#maxTop / (MAX_PIXELS - this.#height);
  }
}
