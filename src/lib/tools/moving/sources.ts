/** What a rule or a figure rests on. `recalled`: common knowledge of the time, not checked against a document of it. */
export type Source =
  | {
      doc: 'article' | 'importer' | 'kb1003746' | 'guide-2.5' | 'guide-2.1' | 'howto' | 'maximums-3';
      page?: number;
    }
  | { doc: 'derived' | 'recalled' };

export const ARTICLE: Source = { doc: 'article' };
export const RECALLED: Source = { doc: 'recalled' };
export const KB1003746: Source = { doc: 'kb1003746' };
export const IMPORTER: Source = { doc: 'importer' };
/** A printed page of the ESX Server 2.5 Administration Guide. */
export const guide25 = (page: number): Source => ({ doc: 'guide-2.5', page });
/** The same of the 2.1 guide, which 2.5 left as it was. */
export const guide21 = (page: number): Source => ({ doc: 'guide-2.1', page });
