/*
 * Runs the whole Fashion-MNIST test set through the library that vitgen generated from this
 * folder's model, a hundred images a call:
 *
 *   accuracy WEIGHTS IMAGES LABELS [EXPECTED]
 *
 * IMAGES and LABELS are unpacked IDX files. EXPECTED holds one digit per image, the class that
 * PyTorch gave; more than 2 differences are a failure.
 */
#define _POSIX_C_SOURCE 199309L
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "fashion.h"

enum {
  CLASSES = FASHION_OUTPUT_LOGITS_ELEMENTS,
  PIXELS = FASHION_INPUT_ELEMENTS,
  CHUNK = 100,
  MAX_DIFFERENCES = 2
};

static void die(const char* what, const char* why) {
  fprintf(stderr, "error: %s: %s\n", what, why);
  exit(1);
}

static double seconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* What follows `header` bytes of a file; *count tells how many. */
static unsigned char* read_file(const char* path, long header, size_t* count) {
  FILE* file = fopen(path, "rb");
  unsigned char* bytes;
  long size;
  if (!file) die(path, "cannot open");
  fseek(file, 0, SEEK_END);
  size = ftell(file) - header;
  bytes = size > 0 ? malloc((size_t)size) : NULL;
  if (!bytes) die(path, "too short, or no memory");
  fseek(file, header, SEEK_SET);
  *count = fread(bytes, 1, (size_t)size, file);
  fclose(file);
  return bytes;
}

static unsigned char best_class(const float* logits) {
  int best = 0;
  for (int i = 1; i < CLASSES; ++i) best = logits[i] > logits[best] ? i : best;
  return (unsigned char)best;
}

/* Classes of n images, from pixels to logits. */
static void predict(fashion_context* context, const unsigned char* images, size_t n,
                    unsigned char* classes) {
  static float input[CHUNK * PIXELS], logits[CHUNK * CLASSES];
  for (size_t first = 0; first < n; first += CHUNK) {
    const size_t count = n - first < CHUNK ? n - first : CHUNK;
    for (size_t i = 0; i < count; ++i) {
      const int status = fashion_preprocess_u8(images + (first + i) * PIXELS, FASHION_INPUT_HEIGHT,
                                               FASHION_INPUT_WIDTH, FASHION_INPUT_WIDTH,
                                               FASHION_INPUT_CHANNELS, NULL, 0, input + i * PIXELS);
      if (status != FASHION_OK) die("preprocess", fashion_status_text(status));
    }
    if (fashion_run(context, count, input, logits) != FASHION_OK) {
      die("run", fashion_error(context));
    }
    for (size_t i = 0; i < count; ++i) classes[first + i] = best_class(logits + i * CLASSES);
  }
}

static size_t count_equal(const unsigned char* a, const unsigned char* b, size_t n, int offset) {
  size_t equal = 0;
  for (size_t i = 0; i < n; ++i) equal += a[i] + offset == b[i];
  return equal;
}

/* 1 where PyTorch's classes differ in more images than rounding explains. */
static int compare(const unsigned char* classes, size_t n, const char* path) {
  size_t count, equal;
  unsigned char* expected = read_file(path, 0, &count);
  if (count < n) die(path, "too short");
  equal = count_equal(classes, expected, n, '0');
  printf("the same class as PyTorch for %zu of %zu images\n", equal, n);
  free(expected);
  return n - equal > MAX_DIFFERENCES;
}

int main(int argc, char** argv) {
  fashion_model* model;
  fashion_context* context;
  size_t bytes, n;
  double begin, time;
  int failed = 0;
  if (argc < 4 || argc > 5) {
    fprintf(stderr, "usage: accuracy WEIGHTS IMAGES LABELS [EXPECTED]\n");
    return 2;
  }
  unsigned char* images = read_file(argv[2], 16, &bytes); /* magic, count, height, width */
  unsigned char* labels = read_file(argv[3], 8, &n);      /* magic, count */
  unsigned char* classes = malloc(n);
  if (!classes || bytes != n * PIXELS) die(argv[2], "not the images of these labels");
  if (fashion_open(argv[1], NULL, &model) != FASHION_OK) die(argv[1], "cannot open");
  if (fashion_context_create(model, NULL, &context) != FASHION_OK) die(argv[1], "no context");

  begin = seconds();
  predict(context, images, n, classes);
  time = seconds() - begin;
  printf("test set: accuracy %.2f %% on %zu images, %.1f us each (%s, %d threads)\n",
         100 * (double)count_equal(classes, labels, n, 0) / (double)n, n, 1e6 * time / (double)n,
         fashion_isa(model), fashion_context_threads(context));
  if (argc == 5) failed = compare(classes, n, argv[4]);

  fashion_context_destroy(context);
  fashion_close(model);
  free(classes);
  free(labels);
  free(images);
  return failed;
}
