# Checks ONNX files with onnx's own checker, types and shapes included; a line for each that is refused.
import sys

import onnx

failed = 0
for path in sys.argv[1:]:
    try:
        model = onnx.load(path)
        onnx.checker.check_model(model, full_check=True)
    except Exception as problem:  # whatever the checker throws is its verdict
        failed += 1
        print(f"{path}: {problem}")
sys.exit(1 if failed else 0)
