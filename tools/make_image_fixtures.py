#!/usr/bin/env python3
"""Draws the small images of tests/fixtures/images and writes down what Pillow, torchvision, timm
and transformers make of them.

  preprocess.golden   one line per case: an image drawn from a seed, a recipe, and the FNV-1a hashes
                      of the u8 and the float output (tests/runtime/preprocess_test.cpp draws the
                      same image)
  decode/             one small file per kind of PNG, JPEG and PNM, and decoded.golden: size,
                      channels and SHA-256 of the pixels that Pillow reads

Needs numpy, torch, torchvision, timm, transformers and Pillow 13; the tests need none of them.
"""
import hashlib
import io
import math
import pathlib
import struct
import sys
import zlib

import numpy
import PIL
import timm
import torchvision
import transformers
from PIL import Image
from timm.data.transforms import CenterCropOrPad, ResizeKeepRatio
from torchvision import transforms as tv
from transformers.models.bit.image_processing_pil_bit import BitImageProcessorPil

ROOT = pathlib.Path(__file__).resolve().parent.parent / "tests" / "fixtures" / "images"

FILTERS = {"nearest": 0, "bilinear": 1, "bicubic": 2, "lanczos": 3}
PILLOW_FILTERS = {"nearest": Image.NEAREST, "bilinear": Image.BILINEAR, "bicubic": Image.BICUBIC,
                  "lanczos": Image.LANCZOS}
TORCH_FILTERS = {name: tv.InterpolationMode(name) for name in FILTERS}
MODES = {"exact": 0, "shortest": 1, "cover": 2, "contain": 3, "none": 4}
NORMS = {
    "imagenet": ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)),
    "half": ((0.5, 0.5, 0.5), (0.5, 0.5, 0.5)),
    "clip": ((0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711)),
}


def draw(kind, seed, height, width, channels):
    """An image that Python and C++ draw alike: 32-bit integer arithmetic only."""
    y, x, c = numpy.meshgrid(numpy.arange(height, dtype=numpy.uint32),
                             numpy.arange(width, dtype=numpy.uint32),
                             numpy.arange(channels, dtype=numpy.uint32), indexing="ij")
    h = (numpy.uint32(seed * 0x9E3779B1 & 0xFFFFFFFF) + y * numpy.uint32(0x85EBCA77)
         + x * numpy.uint32(0xC2B2AE3D) + c * numpy.uint32(0x27D4EB2F))
    h ^= h >> numpy.uint32(15)
    h *= numpy.uint32(0x2C1B3CAD)
    h ^= h >> numpy.uint32(12)
    h *= numpy.uint32(0x297A2D39)
    h ^= h >> numpy.uint32(15)
    noise = h >> numpy.uint32(24)
    if kind == "edges":
        return numpy.where(noise >= 128, 255, 0).astype(numpy.uint8)
    wave = (x * numpy.uint32(5) + y * numpy.uint32(3) + c * numpy.uint32(85)
            + numpy.uint32(17 * seed)) & numpy.uint32(511)
    ramp = numpy.where(wave < 256, wave, numpy.uint32(511) - wave)
    return ((numpy.uint32(3) * ramp + noise) >> numpy.uint32(2)).astype(numpy.uint8)


def fnv1a(data):
    h = 0xCBF29CE484222325
    for byte in data:
        h = ((h ^ byte) * 0x100000001B3) & 0xFFFFFFFFFFFFFFFF
    return f"{h:016x}"


def case(name, image, resize, crop, filter="bicubic", channels=3, norm="imagenet", order=1,
         rule="half_even", fill=0):
    """image: (kind, height, width, channels); resize: (mode, h, w)."""
    return dict(locals())


def cases():
    photo = lambda h, w, c=3: ("photo", h, w, c)
    edges = lambda h, w, c=3: ("edges", h, w, c)
    short = lambda s: ("shortest", s, s)
    exact = lambda h, w: ("exact", h, w)
    yield case("timm_vit_landscape", photo(240, 320), short(math.floor(224 / 0.9)), (224, 224),
               norm="half")
    yield case("timm_deit_portrait", photo(301, 223), short(256), (224, 224))
    yield case("hf_vit_direct_bilinear", photo(199, 301), exact(224, 224), (224, 224),
               filter="bilinear", norm="half")
    yield case("hf_vit_direct_portrait", photo(500, 333), exact(224, 224), (224, 224),
               filter="bilinear", norm="half")
    yield case("hf_deit_direct_then_crop", photo(180, 400), exact(256, 256), (224, 224))
    yield case("dinov2", photo(333, 250), short(256), (224, 224), rule="floor")
    yield case("clip", photo(97, 211), short(224), (224, 224), norm="clip", rule="floor")
    yield case("fashion_native", photo(28, 28, 1), ("none", 0, 0), (28, 28), channels=1,
               norm="half")
    for filter in FILTERS:
        yield case(f"down_{filter}", edges(150, 131), exact(37, 41), (37, 41), filter=filter)
        yield case(f"up_{filter}", edges(9, 13), exact(70, 61), (64, 61), filter=filter)
        yield case(f"one_pixel_{filter}", edges(1, 1), short(224), (224, 224), filter=filter)
        yield case(f"wide_{filter}", edges(2, 3001), short(16), (16, 16), filter=filter)
        yield case(f"high_{filter}", edges(3001, 2), short(16), (16, 16), filter=filter)
    for order in (0, 1):
        yield case(f"vertical_shrinks_more_{order}", edges(300, 60), exact(33, 47), (33, 47),
                   order=order)
        yield case(f"vertical_only_shrinks_{order}", edges(120, 40), exact(50, 90), (50, 90),
                   order=order, filter="lanczos")
        yield case(f"vertical_crop_{order}", photo(400, 90), exact(64, 80), (40, 30), order=order)
        yield case(f"vertical_gray_{order}", edges(200, 30), exact(20, 25), (20, 25), order=order,
                   channels=1)
    yield case("same_width", edges(80, 64), exact(40, 64), (40, 64))
    yield case("same_height", edges(64, 80), exact(64, 40), (64, 40))
    yield case("same_size", edges(33, 44), exact(33, 44), (33, 44))
    yield case("gray_to_rgb", edges(61, 75, 1), short(40), (32, 32))
    yield case("rgb_to_gray", edges(61, 75), short(40), (32, 32), channels=1)
    yield case("gray", edges(61, 75, 1), short(40), (32, 32), channels=1)
    for excess in (1, 2, 3, 4, 5):
        for rule in ("half_even", "floor"):
            yield case(f"crop_excess_{excess}_{rule}", photo(30 + excess, 30 + excess),
                       short(30 + excess), (30, 30), rule=rule)
    for rule in ("half_even", "floor"):
        yield case(f"crop_larger_{rule}", photo(21, 30), short(21), (32, 45), rule=rule)
        yield case(f"crop_wider_{rule}", photo(50, 21), short(21), (31, 32), rule=rule)
    yield case("timm_cover", photo(90, 200), ("cover", 60, 80), (48, 64))
    yield case("timm_cover_high", photo(200, 90), ("cover", 60, 80), (48, 64))
    yield case("timm_border", photo(90, 200), ("contain", 64, 64), (64, 64), fill=124)
    yield case("timm_border_high", photo(201, 90), ("contain", 64, 64), (64, 64), fill=124)


def resized_size(image, spec):
    mode, h, w = spec["resize"]
    width, height = image.size
    if mode == "none":
        return width, height
    if mode == "exact":
        return w, h
    if mode == "shortest":
        short, long = min(image.size), max(image.size)
        other = int(h * long / short)
        return (h, other) if width <= height else (other, h)
    rows, columns = ResizeKeepRatio.get_params(image, (h, w), 0.0 if mode == "cover" else 1.0)
    return columns, rows


def resize_transform(spec):
    mode, h, w = spec["resize"]
    filter = TORCH_FILTERS[spec["filter"]]
    if spec["order"] == 0:
        # Pillow before 13: always the horizontal pass first, made here of two resizes.
        pillow = PILLOW_FILTERS[spec["filter"]]

        def horizontal_first(image):
            columns, rows = resized_size(image, spec)
            return image.resize((columns, image.size[1]), pillow).resize((columns, rows), pillow)

        return horizontal_first
    if mode == "none":
        return lambda image: image
    if mode == "exact":
        return tv.Resize((h, w), filter)
    if mode == "shortest":
        return tv.Resize(h, filter)
    return ResizeKeepRatio((h, w), longest=0.0 if mode == "cover" else 1.0,
                           interpolation=spec["filter"])


def by_torchvision(image, spec):
    mean, std = NORMS[spec["norm"]]
    count = spec["channels"]
    fill = spec["fill"]
    crop = (CenterCropOrPad(spec["crop"], fill=(fill,) * 3 if count == 3 else fill) if fill
            else tv.CenterCrop(spec["crop"]))
    pixels = crop(resize_transform(spec)(image))
    floats = tv.Normalize(mean[:count], std[:count])(tv.ToTensor()(pixels)).numpy()
    planes = numpy.asarray(pixels).reshape(*spec["crop"], count).transpose(2, 0, 1)
    return numpy.ascontiguousarray(planes), floats


def by_transformers(image, spec):
    mean, std = NORMS[spec["norm"]]
    h, w = spec["crop"]
    common = dict(size={"shortest_edge": spec["resize"][1]}, crop_size={"height": h, "width": w},
                  resample=PILLOW_FILTERS[spec["filter"]])
    run = lambda **more: BitImageProcessorPil(**common, **more)(
        image, return_tensors="np")["pixel_values"][0]
    floats = run(image_mean=mean, image_std=std)
    return run(do_rescale=False, do_normalize=False).astype(numpy.uint8), floats


def check_formula(planes, floats, norm):
    """The float output is this formula of the u8 output, in float32, and nothing else."""
    mean, std = (numpy.array(v, numpy.float32).reshape(-1, 1, 1) for v in NORMS[norm])
    count = planes.shape[0]
    formula = (planes.astype(numpy.float32) / numpy.float32(255) - mean[:count]) / std[:count]
    assert formula.dtype == numpy.float32 and formula.tobytes() == floats.tobytes()


def golden_line(index, spec):
    kind, height, width, channels = spec["image"]
    pixels = draw(kind, index, height, width, channels)
    image = Image.fromarray(pixels[:, :, 0] if channels == 1 else pixels)
    image = image.convert("RGB" if spec["channels"] == 3 else "L")
    planes, floats = (by_transformers if spec["rule"] == "floor" else by_torchvision)(image, spec)
    assert planes.shape == floats.shape == (spec["channels"], *spec["crop"]), spec["name"]
    assert floats.dtype == numpy.float32 and planes.dtype == numpy.uint8
    check_formula(planes, floats, spec["norm"])
    mode, h, w = spec["resize"]
    fields = [spec["name"], kind, index, height, width, channels, MODES[mode],
              FILTERS[spec["filter"]], spec["order"], h, w, ("half_even", "floor").index(spec["rule"]),
              *spec["crop"], spec["channels"], spec["fill"], spec["norm"],
              fnv1a(planes.tobytes()), fnv1a(floats.astype("<f4").tobytes()),
              *planes[:, spec["crop"][0] // 2, spec["crop"][1] // 2]]
    return " ".join(str(field) for field in fields)


def versions():
    return (f"# Pillow {PIL.__version__}, torchvision {torchvision.__version__}, "
            f"timm {timm.__version__}, transformers {transformers.__version__}")


def write_preprocess():
    lines = [versions(),
             "# name, image: kind seed height width channels; recipe: resize filter pass_order",
             "# resize_h resize_w crop crop_h crop_w channels fill norm; FNV-1a of u8, of f32;",
             "# the u8 values of the pixel in the middle"]
    lines += [golden_line(index, spec) for index, spec in enumerate(cases(), start=1)]
    (ROOT / "preprocess.golden").write_text("\n".join(lines) + "\n")


ADAM7 = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2),
         (0, 1, 1, 2))


def pack_row(samples, depth):
    """One row of samples (in order, all channels) in PNG's packing."""
    if depth == 16:
        return b"".join(struct.pack(">H", int(v)) for v in samples)
    bits = "".join(f"{int(v):0{depth}b}" for v in samples)
    bits += "0" * (-len(bits) % 8)
    return bytes(int(bits[i:i + 8], 2) for i in range(0, len(bits), 8))


def scanlines(samples, depth):
    return b"".join(b"\0" + pack_row(row.reshape(-1), depth) for row in samples)


def png_chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(samples, depth, color, interlaced=False, extra=b""):
    """A PNG of [height, width, channels] samples, without row filters."""
    height, width = samples.shape[:2]
    if interlaced:
        passes = (samples[y0::dy, x0::dx] for x0, y0, dx, dy in ADAM7)
        raw = b"".join(scanlines(part, depth) for part in passes if part.size)
    else:
        raw = scanlines(samples, depth)
    header = struct.pack(">IIBBBBB", width, height, depth, color, 0, 0, int(interlaced))
    return (b"\x89PNG\r\n\x1a\n" + png_chunk(b"IHDR", header) + extra
            + png_chunk(b"IDAT", zlib.compress(raw, 9)) + png_chunk(b"IEND", b""))


def png_files():
    gray, gray_alpha, rgb, rgba, indexed = 0, 4, 2, 6, 3
    channels = {gray: 1, gray_alpha: 2, rgb: 3, rgba: 4, indexed: 1}
    names = {gray: "gray", gray_alpha: "gray_alpha", rgb: "rgb", rgba: "rgba", indexed: "palette"}
    depths = {gray: (1, 2, 4, 8, 16), gray_alpha: (8, 16), rgb: (8, 16), rgba: (8, 16),
              indexed: (1, 2, 4, 8)}
    seed = 100
    for color, name in names.items():
        for depth in depths[color]:
            for interlaced in (False, True):
                seed += 1
                wide = draw("photo", seed, 19, 23, 2 * channels[color]).astype(numpy.uint32)
                samples = ((wide[:, :, ::2] << 8 | wide[:, :, 1::2]) >> (16 - depth))
                if color == gray and depth == 16:
                    samples[::2] >>= 8  # some values that are not clipped
                palette = draw("photo", seed, 1, 1 << min(depth, 8), 3).tobytes()
                extra = png_chunk(b"PLTE", palette) if color == indexed else b""
                suffix = "_interlaced" if interlaced else ""
                yield (f"{name}{depth}{suffix}.png",
                       png(samples, depth, color, interlaced, extra))
    transparent = png_chunk(b"tRNS", bytes(range(0, 64, 2)))
    plte = png_chunk(b"PLTE", draw("photo", 7, 1, 32, 3).tobytes())
    yield ("palette8_transparent.png",
           png(draw("photo", 8, 9, 11, 1) & 31, 8, indexed, extra=plte + transparent))
    yield ("rgb8_transparent_colour.png",
           png(draw("photo", 9, 9, 11, 3), 8, rgb, extra=png_chunk(b"tRNS", b"\0\1\0\2\0\3")))
    text = png_chunk(b"zTXt", b"Comment\0\0" + zlib.compress(b"\0" * 1000000, 9))
    yield "rgb8_text_bomb.png", png(draw("photo", 10, 9, 11, 3), 8, rgb, extra=text)
    yield "rgb8_gamma.png", png(draw("photo", 11, 9, 11, 3), 8, rgb,
                                extra=png_chunk(b"gAMA", struct.pack(">I", 100000)))
    yield "rgb8_filtered.png", saved(draw("photo", 12, 40, 50, 3), "PNG", optimize=True)


def saved(pixels, format, **options):
    buffer = io.BytesIO()
    mode = {1: lambda: pixels[:, :, 0], 3: lambda: pixels}[pixels.shape[2]]()
    Image.fromarray(mode).save(buffer, format, **options)
    return buffer.getvalue()


def jpeg_files():
    rgb = draw("photo", 20, 35, 43, 3)
    for name, subsampling in (("444", 0), ("422", 1), ("420", 2)):
        for progressive in (False, True):
            suffix = "_progressive" if progressive else ""
            yield (f"rgb_{name}{suffix}.jpg",
                   saved(rgb, "JPEG", quality=80, subsampling=subsampling,
                         progressive=progressive))
    yield "gray.jpg", saved(draw("photo", 21, 17, 33, 1), "JPEG", quality=90)
    exif = Image.Exif()
    exif[0x0112] = 6  # "rotate by 90 degrees"
    yield "orientation.jpg", saved(rgb, "JPEG", quality=70, exif=exif)
    yield "trailing_bytes.jpg", saved(rgb, "JPEG", quality=70) + b"preview"
    buffer = io.BytesIO()
    Image.fromarray(rgb).convert("CMYK").save(buffer, "JPEG")
    yield "cmyk.jpg", buffer.getvalue()


def pnm_files():
    wide = draw("photo", 30, 7, 10, 6).astype(numpy.uint32)
    samples = wide[:, :, ::2] << 8 | wide[:, :, 1::2]
    rgb8 = (samples >> 8).astype(numpy.uint8)
    be = lambda values: values.astype(">u2").tobytes()
    yield "rgb.ppm", b"P6\n10 7\n255\n" + rgb8.tobytes()
    yield "comments.ppm", b"P6 # a\n#b\r10\t#\n 7 #c\n255\n" + rgb8.tobytes()
    yield "gray.pgm", b"P5 10 7 255\n" + rgb8[:, :, 0].tobytes()
    yield "gray_maxval_7.pgm", b"P5 10 7 7 " + (rgb8[:, :, 0] >> 5).tobytes()
    yield "gray_over_maxval.pgm", b"P5 10 7 100 " + rgb8[:, :, 0].tobytes()
    yield "rgb_maxval_100.ppm", b"P6 10 7 100\n" + (rgb8 % 101).tobytes()
    yield "rgb_maxval_1000.ppm", b"P6 10 7 1000\n" + be(samples % 1001)
    yield "rgb_maxval_65535.ppm", b"P6 10 7 65535\n" + be(samples)
    yield "gray_maxval_1000.pgm", b"P5 10 7 1000\n" + be(samples[:, :, 0] % 5)
    yield "gray_maxval_65535.pgm", b"P5 10 7 65535\n" + be(samples[:, :, 0] % 300)


def decoded_line(name, data):
    image = Image.open(io.BytesIO(data))
    gray = image.mode in ("1", "L", "LA", "I", "I;16")
    # Pillow reports gray with alpha as RGBA where it holds 16 bits; the file itself is gray.
    gray = gray or name.startswith("gray_alpha")
    pixels = numpy.asarray(image.convert("RGB"))
    if gray:
        assert (pixels == pixels[:, :, :1]).all()
        pixels = pixels[:, :, :1]
    digest = hashlib.sha256(pixels.tobytes()).hexdigest()
    return f"{name} {pixels.shape[0]} {pixels.shape[1]} {pixels.shape[2]} {digest}"


def write_decode():
    folder = ROOT / "decode"
    folder.mkdir(parents=True, exist_ok=True)
    lines = [versions(), "# file height width channels sha256 of the pixels"]
    for files in (png_files(), jpeg_files(), pnm_files()):
        for name, data in files:
            (folder / name).write_bytes(data)
            if name != "cmyk.jpg":
                lines.append(decoded_line(name, data))
    (folder / "decoded.golden").write_text("\n".join(lines) + "\n")


def main():
    if int(PIL.__version__.split(".")[0]) < 13:
        sys.exit(f"needs Pillow 13 or later, found {PIL.__version__}: the order of the two passes "
                 "of a resize is part of the golden values")
    ROOT.mkdir(parents=True, exist_ok=True)
    write_preprocess()
    write_decode()


if __name__ == "__main__":
    main()
