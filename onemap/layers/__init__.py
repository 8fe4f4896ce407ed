"""What a layer is: the words that all steps share."""
