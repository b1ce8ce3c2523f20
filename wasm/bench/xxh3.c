/*
 * The C side of the hash benchmark: xxhash.h inlined, page by page.
 *   xxh3 <bytes>   fills a buffer, then for each line "<first> <pages> <times>" on standard input hashes that many pages
 *                  from that page on, that many times, and answers "<nanoseconds of processor time> <sum of the hashes, hexadecimal>".
 */
#define XXH_INLINE_ALL
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <xxhash.h>

static uint64_t now(void) {
  struct timespec t;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

int main(int argc, char **argv) {
  if (argc != 2) return 2;
  size_t bytes = strtoull(argv[1], NULL, 10);
  uint32_t *words = malloc(bytes);
  if (!words) return 1;
  for (size_t i = 0; i < bytes / 4; i++) words[i] = (uint32_t)i * 2654435761u ^ (uint32_t)(i >> 7);

  unsigned long first, pages, times;
  while (scanf("%lu %lu %lu", &first, &pages, &times) == 3) {
    const unsigned char *start = (const unsigned char *)words + first * 4096;
    uint64_t sum = 0, begun = now();
    for (unsigned long t = 0; t < times; t++)
      for (unsigned long p = 0; p < pages; p++) sum += XXH3_64bits(start + p * 4096, 4096);
    uint64_t taken = now() - begun;
    printf("%llu %llx\n", (unsigned long long)taken, (unsigned long long)sum);
    fflush(stdout);
  }
  free(words);
  return 0;
}
