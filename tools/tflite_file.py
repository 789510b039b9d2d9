"""A TensorFlow Lite file in, its operations with their options and constants out; for convert_tracker.py.

Needs the packages `tflite` (the file's schema) and `flatbuffers`.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
import tflite
from flatbuffers import flexbuffers
from numpy.typing import NDArray

Array = NDArray[Any]

_TYPES: Final = {tflite.TensorType.FLOAT32: np.float32, tflite.TensorType.FLOAT16: np.float16, 2: np.int32}
_NAMES: Final = {number: name for name, number in vars(tflite.BuiltinOperator).items() if isinstance(number, int)}
_OPTIONS: Final = {
    "ADD": tflite.AddOptions,
    "CONCATENATION": tflite.ConcatenationOptions,
    "CONV_2D": tflite.Conv2DOptions,
    "DEPTH_TO_SPACE": tflite.DepthToSpaceOptions,
    "DEPTHWISE_CONV_2D": tflite.DepthwiseConv2DOptions,
    "MAX_POOL_2D": tflite.Pool2DOptions,
    "AVERAGE_POOL_2D": tflite.Pool2DOptions,
    "MUL": tflite.MulOptions,
    "RESIZE_BILINEAR": tflite.ResizeBilinearOptions,
}


@dataclass(frozen=True)
class Operation:
    """One step of the graph: tensors are named by their numbers in the file."""

    name: str
    inputs: list[int]
    outputs: list[int]
    options: Any = None
    """The schema's option object; for a custom operation what its flexbuffer holds."""


@dataclass
class TfliteFile:
    """The first subgraph of a file."""

    path: Path
    constants: dict[int, Array] = field(default_factory=dict)
    """Tensors with data, dense, in the type of the file."""

    def __post_init__(self) -> None:
        self._model = tflite.Model.GetRootAs(self.path.read_bytes(), 0)
        self._graph = self._model.Subgraphs(0)
        for number in range(self._graph.TensorsLength()):
            tensor = self._graph.Tensors(number)
            buffer = self._model.Buffers(tensor.Buffer())
            if buffer.DataLength():
                values = np.frombuffer(buffer.DataAsNumpy().tobytes(), _TYPES[tensor.Type()])
                sparsity = tensor.Sparsity()
                shape = self.shape(number)
                self.constants[number] = values.reshape(shape) if sparsity is None else _dense(values, shape, sparsity)

    @property
    def inputs(self) -> list[int]:
        """Return the tensors that the graph reads."""
        return [int(number) for number in self._graph.InputsAsNumpy()]

    @property
    def outputs(self) -> list[int]:
        """Return the tensors that the graph gives."""
        return [int(number) for number in self._graph.OutputsAsNumpy()]

    def shape(self, number: int) -> tuple[int, ...]:
        """Return a tensor's shape, (N, H, W, C) for maps."""
        shape = self._graph.Tensors(number).ShapeAsNumpy()
        return () if isinstance(shape, int) else tuple(int(length) for length in shape)

    def name(self, number: int) -> str:
        """Return what the file calls a tensor."""
        return str(self._graph.Tensors(number).Name().decode())

    def operations(self) -> Iterator[Operation]:
        """Yield the operations in their order."""
        for number in range(self._graph.OperatorsLength()):
            operator = self._graph.Operators(number)
            code = self._model.OperatorCodes(operator.OpcodeIndex())
            builtin = max(code.BuiltinCode(), code.DeprecatedBuiltinCode())
            custom = builtin == tflite.BuiltinOperator.CUSTOM
            name = code.CustomCode().decode() if custom else _NAMES[builtin]
            inputs = [int(tensor) for tensor in operator.InputsAsNumpy()]
            outputs = [int(tensor) for tensor in operator.OutputsAsNumpy()]
            yield Operation(name, inputs, outputs, _options(operator, name, custom))


def _options(operator: Any, name: str, custom: bool) -> Any:
    if custom:
        length = operator.CustomOptionsLength()
        return flexbuffers.Loads(operator.CustomOptionsAsNumpy().tobytes()) if length else None
    if name not in _OPTIONS or operator.BuiltinOptions() is None:
        return None
    options = _OPTIONS[name]()
    options.Init(operator.BuiltinOptions().Bytes, operator.BuiltinOptions().Pos)
    return options


def _dense(values: Array, shape: tuple[int, ...], sparsity: Any) -> Array:
    """Spread the stored values of a sparse tensor (TensorFlow Lite's generalised CSR) over its shape."""
    order = [int(level) for level in sparsity.TraversalOrderAsNumpy()]
    blocks = [] if sparsity.BlockMapLength() == 0 else [int(axis) for axis in sparsity.BlockMapAsNumpy()]
    levels = [_level(sparsity.DimMetadata(number)) for number in range(sparsity.DimMetadataLength())]
    block_sizes = [levels[order.index(len(shape) + number)][0] for number in range(len(blocks))]
    dense = np.zeros(shape, values.dtype)
    stored = iter(values)

    def visit(level: int, place: dict[int, int], row: int) -> None:
        if level == len(order):
            index = [place[axis] for axis in range(len(shape))]
            for number, axis in enumerate(blocks):
                index[axis] = index[axis] * block_sizes[number] + place[len(shape) + number]
            dense[tuple(index)] = next(stored)
            return
        size, segments, indices = levels[level]
        if segments is None:
            steps = [(row * size + step, step) for step in range(size)]
        else:
            steps = [(step, int(indices[step])) for step in range(segments[row], segments[row + 1])]
        for child, step in steps:
            visit(level + 1, place | {order[level]: step}, child)

    visit(0, {}, 0)
    return dense


def _level(metadata: Any) -> tuple[int, Any, Any]:
    """Return the size of a dense level, or where a sparse level's rows start and which columns they hold."""
    if metadata.Format() == tflite.DimensionType.DENSE:
        return int(metadata.DenseSize()), None, None
    return (
        0,
        _vector(metadata.ArraySegments(), metadata.ArraySegmentsType()),
        _vector(metadata.ArrayIndices(), metadata.ArrayIndicesType()),
    )


def _vector(table: Any, kind: int) -> Array:
    vector = {1: tflite.Int32Vector, 2: tflite.Uint16Vector, 3: tflite.Uint8Vector}[kind]()
    vector.Init(table.Bytes, table.Pos)
    return np.asarray(vector.ValuesAsNumpy()).astype(int)
