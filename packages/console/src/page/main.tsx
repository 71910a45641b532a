// The page begins here.

import { render } from "preact";

const place = document.getElementById("page");
if (place) render(<p>The console.</p>, place);
