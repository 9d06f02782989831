/* Classifies PNG images: classify WEIGHTS IMAGE... Works as C99 and as C++17. */
#define _POSIX_C_SOURCE 200809L
#include <math.h>
#include <png.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "fashion.h"

enum { CLASSES = FASHION_OUTPUT_LOGITS_ELEMENTS };

/* The file as 8-bit pixels in memory to be freed, or NULL. Sets the size. */
static unsigned char* read_png(const char* path, png_image* png) {
  unsigned char* pixels = NULL;
  memset(png, 0, sizeof *png);
  png->version = PNG_IMAGE_VERSION;
  if (png_image_begin_read_from_file(png, path)) {
    png->format = FASHION_INPUT_CHANNELS == 1 ? PNG_FORMAT_GRAY : PNG_FORMAT_RGB;
    pixels = (unsigned char*)malloc(PNG_IMAGE_SIZE(*png));
    if (pixels && png_image_finish_read(png, NULL, pixels, 0, NULL)) return pixels;
  }
  fprintf(stderr, "%s: %s\n", path, png->message);
  free(pixels);
  return NULL;
}

static double milliseconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return 1e3 * (double)now.tv_sec + 1e-6 * (double)now.tv_nsec;
}

/* The largest logit's number; *probability is its softmax. */
static int best_class(const float* logits, double* probability) {
  double sum = 0;
  int best = 0;
  int i;
  for (i = 1; i < CLASSES; ++i) best = logits[i] > logits[best] ? i : best;
  for (i = 0; i < CLASSES; ++i) sum += exp((double)logits[i] - (double)logits[best]);
  *probability = 1 / sum;
  return best;
}

static int classify(fashion_context* context, const char* path) {
  static float input[FASHION_INPUT_ELEMENTS];
  static float logits[CLASSES];
  png_image png;
  double start, time, probability;
  int code, best;
  unsigned char* pixels = read_png(path, &png);
  if (!pixels) return 1;
  code = fashion_preprocess_u8(pixels, (int)png.height, (int)png.width, PNG_IMAGE_ROW_STRIDE(png),
                               FASHION_INPUT_CHANNELS, NULL, 0, input);
  free(pixels);
  start = milliseconds();
  if (code == FASHION_OK) code = fashion_run(context, 1, input, logits);
  time = milliseconds() - start;
  if (code != FASHION_OK) {
    fprintf(stderr, "%s: %s %s\n", path, fashion_status_text(code), fashion_error(context));
    return code;
  }
  best = best_class(logits, &probability);
  printf("%s: %s %.1f %%, %.2f ms\n", path,
         fashion_label((size_t)best) ? fashion_label((size_t)best) : "?", 100 * probability, time);
  return 0;
}

int main(int argc, char** argv) {
  char why[256] = "";
  fashion_options options;
  fashion_model* model = NULL;
  fashion_context* context = NULL;
  int code, i;
  if (argc < 3) {
    fprintf(stderr, "usage: %s WEIGHTS IMAGE.png...\n", argv[0]);
    return 2;
  }
  memset(&options, 0, sizeof options);
  options.struct_size = sizeof options;
  options.error_text = why;
  options.error_text_bytes = sizeof why;
  code = fashion_open(argv[1], &options, &model);
  if (code == FASHION_OK) code = fashion_context_create(model, NULL, &context);
  if (code != FASHION_OK) fprintf(stderr, "%s %s\n", fashion_status_text(code), why);
  for (i = 2; i < argc && code == FASHION_OK; ++i) code = classify(context, argv[i]);
  fashion_context_destroy(context);
  fashion_close(model);
  return code != FASHION_OK;
}
