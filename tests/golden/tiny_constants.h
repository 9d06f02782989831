/* What the library was generated for. */
#define TINY_ABI_HASH "cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc"

/* One image of the input; DIM_0 is the outermost extent. */
#define TINY_INPUT_TYPE TINY_F32
#define TINY_INPUT_DIMS 3
#define TINY_INPUT_DIM_0 1
#define TINY_INPUT_DIM_1 2
#define TINY_INPUT_DIM_2 4
#define TINY_INPUT_ELEMENTS 8
#define TINY_INPUT_BYTES 32
#define TINY_INPUT_CHANNELS 1
#define TINY_INPUT_HEIGHT 2
#define TINY_INPUT_WIDTH 4

/* The outputs: number, then one image of each. */
#define TINY_OUTPUT_COUNT 1
#define TINY_OUTPUT_LOGITS 0
#define TINY_OUTPUT_LOGITS_TYPE TINY_F32
#define TINY_OUTPUT_LOGITS_DIMS 1
#define TINY_OUTPUT_LOGITS_DIM_0 3
#define TINY_OUTPUT_LOGITS_ELEMENTS 3
#define TINY_OUTPUT_LOGITS_BYTES 12
#define TINY_LABEL_COUNT 3

/* Batch sizes with code of their own: run takes any n, the largest that fit first. */
#define TINY_BUCKET_COUNT 2
#define TINY_BUCKETS {1, 2}
#define TINY_MAX_BUCKET 2

/* Working memory of a context; max_batch 0: all buckets. As tiny_arena_bytes, but constant. */
#define TINY_ARENA_BYTES(threads, max_batch) \
  ((size_t)((max_batch) > 0 && (max_batch) < 2 ? 384u : 384u) + (size_t)((threads) - 1) * 128u)

#define TINY_WEIGHTS_BYTES 12288
#define TINY_WEIGHTS_FILE "tiny.weights"

