/** Files as they were chosen or dropped, folders opened. */
export interface Chosen {
  /** With its folder, where it came in one: `images/a.mem`. */
  name: string;
  file: File;
}

/** From an `<input type=file>`, with or without `webkitdirectory`. */
export const chosenFiles = (list: FileList | null): Chosen[] =>
  [...(list ?? [])].map((file) => ({ name: file.webkitRelativePath || file.name, file }));

/**
 * From a drop: folders are walked through. The entries must be taken while the event is still being handled; reading
 * them may wait.
 */
export async function droppedFiles(data: DataTransfer): Promise<Chosen[]> {
  const entries: (FileSystemEntry | Chosen)[] = [];
  for (const item of data.items) {
    if (item.kind !== 'file') continue;
    const entry = item.webkitGetAsEntry();
    const file = item.getAsFile();
    if (entry?.isDirectory) entries.push(entry);
    else if (file) entries.push({ name: file.name, file });
  }
  const found: Chosen[] = [];
  for (const entry of entries) {
    if ('file' in entry && entry.file instanceof File) found.push(entry as Chosen);
    else found.push(...(await filesOf(entry as FileSystemEntry)));
  }
  return found;
}

async function filesOf(entry: FileSystemEntry): Promise<Chosen[]> {
  if (entry.isFile) {
    const file = await new Promise<File | null>((resolve) =>
      (entry as FileSystemFileEntry).file(resolve, () => resolve(null)),
    );
    // A file that cannot even be opened is listed, and refused when it is read.
    const name = entry.fullPath.replace(/^\//, '');
    return file ? [{ name, file }] : [];
  }
  const found: Chosen[] = [];
  for (const child of await childrenOf(entry as FileSystemDirectoryEntry))
    found.push(...(await filesOf(child)));
  return found;
}

/** `readEntries` hands a folder out in batches of a hundred; an empty one is the end. */
async function childrenOf(folder: FileSystemDirectoryEntry): Promise<FileSystemEntry[]> {
  const reader = folder.createReader();
  const all: FileSystemEntry[] = [];
  for (;;) {
    const batch = await new Promise<FileSystemEntry[]>((resolve) =>
      reader.readEntries(resolve, () => resolve([])),
    );
    if (batch.length === 0) return all.sort((a, b) => a.name.localeCompare(b.name, 'en'));
    all.push(...batch);
  }
}
