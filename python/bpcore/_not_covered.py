"""What Keras has and bpcore has not: asking for it says so."""

import sys

_WHY = "bpcore trains stacks of dense layers (Sequential) on rows of numbers. There are: "

# By module; the names of Keras 3.15 that a script may use.
_NAMES = {
    "bpcore": """DTypePolicy FloatDTypePolicy Function InputSpec KerasTensor Model Operation
        Quantizer RematScope StatelessScope SymbolicScope Variable applications backend datasets
        device distillation distribution dtype_policies export legacy mixed_precision name_scope
        ops preprocessing quantizers random remat tree visualization wrappers""",
    "bpcore.layers": """AdaptiveAveragePooling1D AdaptiveAveragePooling2D AdaptiveAveragePooling3D
        AdaptiveMaxPooling1D AdaptiveMaxPooling2D AdaptiveMaxPooling3D Add AdditiveAttention
        Attention AugMix AutoContrast Average AveragePooling1D AveragePooling2D AveragePooling3D
        AvgPool1D AvgPool2D AvgPool3D Bidirectional CategoryEncoding CenterCrop Concatenate Conv1D
        Conv1DTranspose Conv2D Conv2DTranspose Conv3D Conv3DTranspose ConvLSTM1D ConvLSTM2D
        ConvLSTM3D Convolution1D Convolution2D Convolution3D Cropping1D Cropping2D Cropping3D
        CutMix DepthwiseConv1D DepthwiseConv2D Discretization Dot EinsumDense Embedding
        Equalization FlaxLayer GRU GRUCell GlobalAveragePooling1D GlobalAveragePooling2D
        GlobalAveragePooling3D GlobalAvgPool1D GlobalAvgPool2D GlobalAvgPool3D GlobalMaxPool1D
        GlobalMaxPool2D GlobalMaxPool3D GlobalMaxPooling1D GlobalMaxPooling2D GlobalMaxPooling3D
        GroupNormalization GroupQueryAttention HashedCrossing Hashing Identity InputSpec
        IntegerLookup JaxLayer LSTM LSTMCell Lambda Masking MaxPool1D MaxPool2D MaxPool3D
        MaxPooling1D MaxPooling2D MaxPooling3D Maximum MelSpectrogram Minimum MixUp
        MultiHeadAttention Multiply Permute Pipeline RNN RandAugment RandomBrightness
        RandomContrast RandomCrop RandomErasing RandomFlip RandomRotation RandomTranslation
        RandomZoom RepeatVector Resizing SeparableConv1D SeparableConv2D SimpleRNN SimpleRNNCell
        SpatialDropout1D SpatialDropout2D SpatialDropout3D SpectralNormalization StackedRNNCells
        StringLookup Subtract TFSMLayer TextVectorization TimeDistributed TorchModuleWrapper
        UpSampling1D UpSampling2D UpSampling3D Wrapper ZeroPadding1D ZeroPadding2D ZeroPadding3D
        add average concatenate dot maximum minimum multiply subtract""",
    "bpcore.models": "Functional Model",
    "bpcore.optimizers": "Lamb LossScaleOptimizer MultiOptimizer Muon ScheduleFreeAdamW legacy",
    "bpcore.initializers": "STFT STFTInitializer stft",
    "bpcore.saving": "KerasFileEditor",
    "bpcore.utils": """Config FeatureSpace Progbar array_to_img audio_dataset_from_directory
        bounding_boxes get_file get_source_inputs image_dataset_from_directory img_to_array
        is_keras_tensor legacy load_img model_to_dot pad_sequences save_img split_dataset
        text_dataset_from_directory timeseries_dataset_from_array""",
    "bpcore.config": """backend disable_flash_attention dtype_policy enable_flash_attention
        enable_unsafe_deserialization set_backend set_dtype_policy""",
}


def not_covered(module):
    """Return a ``__getattr__`` for this module, which raises an AttributeError.

    It names what Keras has and bpcore does not cover, and for any other name what is near.
    """
    names = frozenset(_NAMES[module].split())
    keras = module.replace("bpcore", "keras", 1)

    def __getattr__(name):
        if name[:2] == "__":  # the import system asks for such
            raise AttributeError(f"module {module!r} has no attribute {name!r}")
        own = vars(sys.modules[module])
        there = [n for n, value in own.items() if n[0] != "_" and callable(value)]
        if name in names:
            public = sys.modules[module].__dict__.get("__all__", there)
            listed = ", ".join(sorted(n for n in public if n[0] != "_"))
            raise AttributeError(f"{keras}.{name} is not covered: {_WHY}{listed}")
        import difflib  # here: it is needed for a mistake alone

        near = difflib.get_close_matches(name, there, n=1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        raise AttributeError(f"module {module!r} has no attribute {name!r}{hint}")

    return __getattr__
