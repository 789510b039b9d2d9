"""A TensorFlow Lite graph in, the same graph in standard ONNX operations out; for convert_tracker.py.

Activations keep ONNX's order (N, C, H, W); N is free. Half-precision weights stay half: a Cast widens them.
MediaPipe's own operations become an affine grid with bilinear reading, and a transposed convolution with a bias.
"""

from collections.abc import Sequence
from hashlib import sha256
from typing import Any, Final

import numpy as np
import onnx
import tflite
from onnx import TensorProto, helper, numpy_helper
from tflite_file import Array, Operation, TfliteFile

OPSET: Final = 17
_TO_CHANNELS_FIRST: Final = (0, 3, 1, 2)
_AXES: Final = {0: 0, 1: 2, 2: 3, 3: 1}  # of (N, H, W, C) in (N, C, H, W)


class Converter:
    """Builds an ONNX graph step by step; `values` maps the file's tensors to names in the graph."""

    def __init__(self, file: TfliteFile) -> None:
        self.file = file
        self.nodes: list[onnx.NodeProto] = []
        self.initializers: dict[str, onnx.TensorProto] = {}
        self.values: dict[int, str] = {}
        self.constants: dict[int, Array] = dict(file.constants)

    def node(self, kind: str, inputs: Sequence[str], **attributes: Any) -> str:
        """Add an operation; return the name of its result."""
        name = f"{kind.lower()}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, list(inputs), [name], name, **attributes))
        return name

    def constant(self, values: Array) -> str:
        """Add a constant, once; half precision is widened behind it."""
        values = np.ascontiguousarray(values)
        name = f"{values.dtype}_{'x'.join(map(str, values.shape))}_{sha256(values.tobytes()).hexdigest()[:12]}"
        widened = f"{name}_float32"
        if name not in self.initializers:
            self.initializers[name] = numpy_helper.from_array(values, name)
            if values.dtype == np.float16:
                self.nodes.append(helper.make_node("Cast", [name], [widened], widened, to=TensorProto.FLOAT))
        return widened if values.dtype == np.float16 else name

    def ints(self, *values: int) -> str:
        """Add whole numbers as a constant."""
        return self.constant(np.array(values, np.int64))

    def convert(self) -> None:
        """Add every operation of the file, after `values` of its inputs were set."""
        for operation in self.file.operations():
            if operation.name in ("DEQUANTIZE", "DENSIFY"):  # their inputs are constants, dense by now
                self.constants[operation.outputs[0]] = self.constants[operation.inputs[0]]
            else:
                convert = getattr(self, f"_{operation.name.lower()}")
                self.values[operation.outputs[0]] = convert(operation)

    def first(self, operation: Operation) -> str:
        """Return the operation's first input, an activation."""
        return self.values[operation.inputs[0]]

    def operand(self, number: int) -> str:
        """Return a tensor that stands beside an activation, a constant brought to its order of axes."""
        if number in self.values:
            return self.values[number]
        values = self.constants[number]
        if values.ndim == 4:
            values = values.transpose(_TO_CHANNELS_FIRST)
        elif values.ndim == 3 and values.shape[:2] == (1, 1):
            values = values.reshape(-1, 1, 1)  # one per channel
        return self.constant(values)

    def activated(self, value: str, options: Any) -> str:
        """Add the activation that an operation of the file includes."""
        kind = options.FusedActivationFunction() if options is not None else 0
        if kind == tflite.ActivationFunctionType.NONE:
            return value
        if kind == tflite.ActivationFunctionType.RELU:
            return self.node("Relu", [value])
        if kind == tflite.ActivationFunctionType.RELU6:
            return self.node("Clip", [value, self.constant(np.float32(0)), self.constant(np.float32(6))])
        raise NotImplementedError(f"activation {kind}")

    def _conv_2d(self, operation: Operation) -> str:
        kernel = self.constants[operation.inputs[1]].transpose(0, 3, 1, 2)
        return self._convolution(operation, kernel, group=1)

    def _depthwise_conv_2d(self, operation: Operation) -> str:
        kernel = self.constants[operation.inputs[1]].transpose(3, 0, 1, 2)
        return self._convolution(operation, kernel, group=len(kernel))

    def _convolution(self, operation: Operation, kernel: Array, group: int) -> str:
        options = operation.options
        assert (options.DilationHFactor(), options.DilationWFactor()) == (1, 1)
        parameters = [self.constant(kernel), self.constant(self.constants[operation.inputs[2]])]
        window = self._window(operation, kernel.shape[2:])
        result = self.node("Conv", [self.first(operation), *parameters], group=group, **window)
        return self.activated(result, options)

    def _max_pool_2d(self, operation: Operation) -> str:
        size = (operation.options.FilterHeight(), operation.options.FilterWidth())
        window = self._window(operation, size)
        return self.activated(self.node("MaxPool", [self.first(operation)], **window), operation.options)

    def _average_pool_2d(self, operation: Operation) -> str:
        size = (operation.options.FilterHeight(), operation.options.FilterWidth())
        assert size == self.file.shape(operation.inputs[0])[1:3]
        return self.activated(self.node("GlobalAveragePool", [self.first(operation)]), operation.options)

    def _window(self, operation: Operation, size: Sequence[int]) -> dict[str, Any]:
        """Return kernel, strides and pads; SAME puts the odd pixel at the end, as TensorFlow does."""
        strides = (operation.options.StrideH(), operation.options.StrideW())
        before, after = [0, 0], [0, 0]
        if operation.options.Padding() == tflite.Padding.SAME:
            lengths = self.file.shape(operation.inputs[0])[1:3]
            for axis in (0, 1):
                total = (-(-lengths[axis] // strides[axis]) - 1) * strides[axis] + size[axis] - lengths[axis]
                before[axis] = max(0, total) // 2
                after[axis] = max(0, total) - before[axis]
        return {"kernel_shape": list(size), "strides": list(strides), "pads": [*before, *after]}

    def _relu(self, operation: Operation) -> str:
        return self.node("Relu", [self.first(operation)])

    def _prelu(self, operation: Operation) -> str:
        return self.node("PRelu", [self.first(operation), self.operand(operation.inputs[1])])

    def _hard_swish(self, operation: Operation) -> str:
        return self.node("HardSwish", [self.first(operation)])

    def _logistic(self, operation: Operation) -> str:
        return self.node("Sigmoid", [self.first(operation)])

    def _add(self, operation: Operation) -> str:
        return self.activated(
            self.node("Add", [self.operand(number) for number in operation.inputs]), operation.options
        )

    def _mul(self, operation: Operation) -> str:
        return self.activated(
            self.node("Mul", [self.operand(number) for number in operation.inputs]), operation.options
        )

    def _pad(self, operation: Operation) -> str:
        by_axis = self.constants[operation.inputs[1]]
        pads = np.zeros((2, 4), np.int64)
        for axis, (before, after) in enumerate(by_axis):
            pads[:, _AXES[axis]] = before, after
        return self.node("Pad", [self.first(operation), self.ints(*pads.ravel())])

    def _concatenation(self, operation: Operation) -> str:
        assert len(self.file.shape(operation.inputs[0])) == 3  # the order of its axes is the file's
        return self.node("Concat", [self.values[number] for number in operation.inputs], axis=operation.options.Axis())

    def _resize_bilinear(self, operation: Operation) -> str:
        assert operation.options.HalfPixelCenters()
        before, after = self.file.shape(operation.inputs[0]), self.file.shape(operation.outputs[0])
        scales = np.array([1, 1, after[1] / before[1], after[2] / before[2]], np.float32)
        return self.node(
            "Resize",
            [self.first(operation), "", self.constant(scales)],
            mode="linear",
            coordinate_transformation_mode="half_pixel",
        )

    def _depth_to_space(self, operation: Operation) -> str:
        return self.node("DepthToSpace", [self.first(operation)], blocksize=operation.options.BlockSize(), mode="DCR")

    def _strided_slice(self, operation: Operation) -> str:
        assert self.file.shape(operation.inputs[0]) == self.file.shape(operation.outputs[0])  # takes the whole
        return self.first(operation)

    def _reshape(self, operation: Operation) -> str:
        value, before = self.first(operation), self.file.shape(operation.inputs[0])
        if len(before) == 4 and before[1:3] != (1, 1):
            value = self.node("Transpose", [value], perm=[0, 2, 3, 1])
        after = self.file.shape(operation.outputs[0])
        if len(after) == 4:
            assert after[1:3] == (1, 1)
            after = (after[0], after[3], 1, 1)
        return self.node("Reshape", [value, self.ints(-1, *after[1:])])

    def _convolution2dtransposebias(self, operation: Operation) -> str:
        kernel = self.constants[operation.inputs[1]].transpose(3, 0, 1, 2)
        size = list(kernel.shape[2:])
        assert self.file.shape(operation.outputs[0])[1] == size[0] * self.file.shape(operation.inputs[0])[1]
        parameters = [self.constant(kernel), self.constant(self.constants[operation.inputs[2]])]
        return self.node("ConvTranspose", [self.first(operation), *parameters], kernel_shape=size, strides=size)

    def _landmarks2transformmatrix(self, operation: Operation) -> str:
        """From landmarks (N, 468, 3) the matrix (N, 4, 4) from a level crop around some of them to their map."""
        options = operation.options
        points = self.node("Slice", [self.first(operation), self.ints(0), self.ints(2), self.ints(2)])
        ends = [self._point(points, options[f"{side}_rotation_idx"]) for side in ("right", "left")]
        along = self.node("Sub", ends)  # (N, 1, 2), the line that becomes level
        unit = self.node("Div", [along, self.node("ReduceL2", [along], axes=[2])])
        cosine, sine = (
            self.node("Slice", [unit, self.ints(axis), self.ints(axis + 1), self.ints(2)]) for axis in (0, 1)
        )
        assert options["target_rotation_radians"] == 0
        back = self._matrix(cosine, self.node("Neg", [sine]), sine, cosine)  # level to map, (N, 2, 2)
        chosen = self.node("Gather", [points, self.ints(*options["subset_idxs"])], axis=1)
        level = self.node("MatMul", [chosen, back])  # a row times a rotation turns the other way
        low, high = (self.node(kind, [level], axes=[1]) for kind in ("ReduceMin", "ReduceMax"))
        middle = self.node("Mul", [self.node("Add", [low, high]), self.constant(np.float32(0.5))])
        centre = self.node("MatMul", [middle, self.node("Transpose", [back], perm=[0, 2, 1])])  # (N, 1, 2)
        size = np.array([options["output_width"], options["output_height"]], np.float32)
        scale = np.array([options["scale_x"], options["scale_y"]], np.float32) / size
        linear = self.node("Mul", [back, self.node("Mul", [self.node("Sub", [high, low]), self.constant(scale)])])
        shift = self.node("MatMul", [linear, self.constant((-size / 2).reshape(2, 1))])
        moved = self.node("Add", [self.node("Transpose", [centre], perm=[0, 2, 1]), shift])
        nothing = self.node("Mul", [moved, self.constant(np.float32(0))])
        upper = self.node("Concat", [linear, nothing, moved], axis=2)  # (N, 2, 4)
        lower = self.node("Mul", [upper, self.constant(np.float32(0))])
        rest = self.node("Add", [lower, self.constant(np.eye(4, dtype=np.float32)[2:])])
        return self.node("Concat", [upper, rest], axis=1)

    def _point(self, points: str, index: int) -> str:
        return self.node("Gather", [points, self.ints(index)], axis=1)

    def _matrix(self, a: str, b: str, c: str, d: str) -> str:
        rows = [self.node("Concat", pair, axis=2) for pair in ((a, b), (c, d))]
        return self.node("Concat", rows, axis=1)

    def _affine(self, matrix: str) -> tuple[str, str]:
        """Return the linear part, transposed (N, 2, 2), and the shift (N, 1, 2) of a matrix (N, 4, 4)."""
        across = self.node("Transpose", [matrix], perm=[0, 2, 1])
        places = self.node("Slice", [across, self.ints(0), self.ints(2), self.ints(2)])  # (N, 4, 2)
        linear = self.node("Slice", [places, self.ints(0), self.ints(2), self.ints(1)])
        return linear, self.node("Slice", [places, self.ints(3), self.ints(4), self.ints(1)])

    def _transformlandmarks(self, operation: Operation) -> str:
        linear, shift = self._affine(self.values[operation.inputs[1]])
        return self.node("Add", [self.node("MatMul", [self.first(operation), linear]), shift])

    def _transformtensorbilinear(self, operation: Operation) -> str:
        """Read a map at the places of a crop's pixels; what lies beyond the centres of its edges is 0."""
        linear, shift = self._affine(self.values[operation.inputs[1]])
        height, width = operation.options["output_height"], operation.options["output_width"]
        rows, columns = np.mgrid[:height, :width].astype(np.float32) + np.float32(0.5)
        centres = np.stack([columns.ravel(), rows.ravel()], axis=1)[None]
        places = self.node("Add", [self.node("MatMul", [self.constant(centres), linear]), shift])  # from the outer edge
        size = np.array(self.file.shape(operation.inputs[0])[2:0:-1], np.float32)
        relative = self.node("Mul", [places, self.constant(2 / size)])
        grid = self.node("Sub", [relative, self.constant(np.float32(1))])
        grid = self.node("Reshape", [grid, self.ints(-1, height, width, 2)])
        read = self.node("GridSample", [self.first(operation), grid], mode="bilinear", padding_mode="zeros")
        half = self.constant(np.float32(0.5))
        inside = [
            self.node("GreaterOrEqual", [places, half]),
            self.node("LessOrEqual", [places, self.constant(size - np.float32(0.5))]),
        ]
        inside_both = self.node("Cast", [self.node("And", inside)], to=TensorProto.FLOAT)
        shown = self.node("ReduceMin", [inside_both], axes=[2], keepdims=1)
        return self.node("Mul", [read, self.node("Reshape", [shown, self.ints(-1, 1, height, width)])])
