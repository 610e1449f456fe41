/**
 * TensorFlow's ops that TensorFlow.js 4.22 computes in a graph model, of those that a forward pass can hold
 * (its converter lists them in `operations/op_list`): no loops, no numbers drawn, nothing complex.
 */
export const tfjsOps: ReadonlySet<string> = new Set(
  `Abs Acos Acosh Add AddN AddV2 All Any ArgMax ArgMin Asin Asinh Atan Atan2 Atanh AvgPool AvgPool3D
  BatchMatMul BatchMatMulV2 BatchToSpaceND BiasAdd BitwiseAnd BroadcastTo Cast Ceil ClipByValue ConcatV2 Const
  Conv2D Conv2DBackpropInput Conv3D Cos Cosh CropAndResize Cumprod Cumsum DepthToSpace DepthwiseConv2dNative
  Dilation2D Div DivNoNan Einsum Elu Equal Erf EuclideanNorm Exp ExpandDims Expm1 Fill Floor FloorDiv FloorMod
  FusedBatchNorm Gather GatherNd GatherV2 Greater GreaterEqual Identity IsFinite IsInf IsNan LRN LeakyRelu
  Less LessEqual LinSpace Log Log1p LogSoftmax LogicalAnd LogicalNot LogicalOr MatMul Max MaxPool MaxPool3D
  Maximum Mean Min Minimum MirrorPad Mod Mul Neg NotEqual OneHot OnesLike Pack Pad PadV2 Placeholder Pow Prod
  Range RealDiv Reciprocal Relu Relu6 Reshape ResizeBilinear ResizeNearestNeighbor ReverseV2 Round Rsqrt
  ScatterNd Select SelectV2 Selu Shape Sigmoid Sign Sin Sinh Slice Softmax Softplus SpaceToBatchND Split SplitV
  Sqrt Square SquaredDifference Squeeze StopGradient StridedSlice Sub Sum Tan Tanh TensorScatterUpdate Tile
  TopKV2 Transpose Unpack ZerosLike`.split(/\s+/),
);
