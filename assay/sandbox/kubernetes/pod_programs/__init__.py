"""Programs that run in the containers of a sandbox's pod, on the bare interpreter of the image. They import nothing of
Assay, and the host never imports them: it passes their text in the pod's specification."""
