/** Hands a text or bytes to the browser as a file to keep. It never leaves the machine. */
export function download(fileName: string, type: string, content: BlobPart): void {
  const url = URL.createObjectURL(new Blob([content], { type }));
  const link = document.createElement('a');
  link.href = url;
  link.download = fileName;
  link.click();
  // The click has started reading; Safari wants the address a little longer.
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

/** What a style sheet gives a drawing, which a file of its own has to carry along. */
const CARRIED = [
  'fill',
  'stroke',
  'stroke-width',
  'stroke-dasharray',
  'font-size',
  'font-family',
  'font-style',
  'font-weight',
  'fill-opacity',
  'text-anchor',
];

/** A drawing of the page as a file that looks the same outside it: computed colours and type as attributes. */
export function svgText(drawing: SVGSVGElement): string {
  const copy = drawing.cloneNode(true) as SVGSVGElement;
  const originals = [drawing, ...drawing.querySelectorAll('*')];
  const copies = [copy, ...copy.querySelectorAll('*')];
  copies.forEach((element, index) => {
    const style = getComputedStyle(originals[index]);
    for (const property of CARRIED) element.setAttribute(property, style.getPropertyValue(property));
    element.removeAttribute('class');
    element.removeAttribute('tabindex');
  });
  copy.setAttribute('xmlns', 'http://www.w3.org/2000/svg');
  return new XMLSerializer().serializeToString(copy);
}

/** The same drawing as a picture of twice its size, for screens and slides. Letters are those of the machine. */
export async function savePng(fileName: string, drawing: SVGSVGElement): Promise<void> {
  const { width, height } = drawing.viewBox.baseVal;
  if (width === 0 || height === 0) return;
  const url = URL.createObjectURL(new Blob([svgText(drawing)], { type: 'image/svg+xml' }));
  try {
    const image = new Image();
    image.src = url;
    await image.decode();
    const canvas = document.createElement('canvas');
    // No browser draws more than about 16,000 pixels a side.
    const scale = Math.min(2, 16_000 / width, 16_000 / height);
    canvas.width = Math.round(width * scale);
    canvas.height = Math.round(height * scale);
    const context = canvas.getContext('2d');
    if (!context) return;
    context.fillStyle = getComputedStyle(drawing).getPropertyValue('--sheet') || 'white';
    context.fillRect(0, 0, canvas.width, canvas.height);
    context.drawImage(image, 0, 0, canvas.width, canvas.height);
    const blob = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, 'image/png'));
    if (blob) download(fileName, 'image/png', blob);
  } finally {
    URL.revokeObjectURL(url);
  }
}
