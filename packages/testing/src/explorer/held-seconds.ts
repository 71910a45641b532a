/** What a message's visibility is set to while the explorer, and not the engine, decides when it comes back. */
export const heldSeconds = 43_200;
