"""The programs that are compared: each loads one model and maps a batch to logits.

An implementation is a function (cell) -> run, where run() computes the logits of the cell's input
once and returns them as a float32 array. What happens before run() is called is not timed.
"""

import ctypes
from pathlib import Path

import numpy as np

RESULTS = {}


def implementation(function):
    RESULTS[function.__name__] = function
    return function


def torch_model(cell):
    import torch
    from safetensors.torch import load_file

    from models import create

    torch.set_num_threads(cell["threads"])
    torch.set_grad_enabled(False)
    model = create(cell["architecture"], **cell["arguments"])
    model.load_state_dict(load_file(cell["weights"]))
    return model, torch.from_numpy(np.load(cell["input"]))


@implementation
def torch_eager(cell):
    model, images = torch_model(cell)
    return lambda: model(images).numpy()


@implementation
def torch_inductor(cell):
    import torch
    import torch._inductor.config

    torch._inductor.config.freezing = True
    model, images = torch_model(cell)
    compiled = torch.compile(model, mode="max-autotune-no-cudagraphs", fullgraph=True)
    return lambda: compiled(images).numpy()


@implementation
def onnxruntime(cell):
    import onnxruntime as ort

    options = ort.SessionOptions()
    options.intra_op_num_threads = cell["threads"]
    options.inter_op_num_threads = 1
    options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_ENABLE_ALL
    session = ort.InferenceSession(cell["onnx"], options, providers=["CPUExecutionProvider"])
    feed = {session.get_inputs()[0].name: np.load(cell["input"])}
    return lambda: session.run(None, feed)[0]


@implementation
def openvino(cell):
    import openvino as ov

    core = ov.Core()
    compiled = core.compile_model(cell["onnx"], "CPU", {
        "INFERENCE_NUM_THREADS": cell["threads"], "NUM_STREAMS": 1,
        "INFERENCE_PRECISION_HINT": "f32", "PERFORMANCE_HINT": "LATENCY"})
    request = compiled.create_infer_request()
    request.set_input_tensor(ov.Tensor(np.load(cell["input"])))
    output = request.get_output_tensor()

    def run():
        request.infer()
        return output.data

    return run


class ContextOptions(ctypes.Structure):
    """The head of <name>_context_options; struct_size says that the rest is absent."""
    _fields_ = [("struct_size", ctypes.c_uint32), ("flags", ctypes.c_uint32),
                ("threads", ctypes.c_int32), ("spin_us", ctypes.c_int32)]


def vitgen_library(folder, cell):
    manifest = next(Path(folder).glob("*.manifest.json"))
    name = manifest.name.removesuffix(".manifest.json")
    library = ctypes.CDLL(str(Path(folder) / f"lib{name}.so"))
    model, context = ctypes.c_void_p(), ctypes.c_void_p()
    options = ContextOptions(ctypes.sizeof(ContextOptions), 0, cell["threads"], 0)

    def call(function, *arguments):
        status = getattr(library, f"{name}_{function}")(*arguments)
        if status != 0:
            raise SystemExit(f"{name}_{function} failed with {status}")

    call("open_checked", None, None, str(Path(folder) / f"{name}.weights").encode(), None,
         ctypes.byref(model))
    call("context_create", model, ctypes.byref(options), ctypes.byref(context))
    images = np.ascontiguousarray(np.load(cell["input"]))
    logits = np.empty((len(images), *cell["outputs"]), np.float32)
    run_images = getattr(library, f"{name}_run")
    arguments = (context, ctypes.c_size_t(len(images)), images.ctypes.data_as(ctypes.c_void_p),
                 logits.ctypes.data_as(ctypes.c_void_p))

    def run():
        if run_images(*arguments) != 0:
            raise SystemExit("run failed")
        return logits

    return run


@implementation
def vitgen(cell):
    return vitgen_library(cell["library"], cell)


@implementation
def vitgen_before(cell):
    """Another vitgen's library, to compare two versions or two schedules."""
    return vitgen_library(cell["library_before"], cell)
