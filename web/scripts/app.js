// SPDX-License-Identifier: Apache-2.0
// What a page can do better with JavaScript; every page works without it.

// Near me: asks the browser only when tapped, fills the form's coordinate and sends it.
for (const button of document.querySelectorAll("[data-locate]")) {
    const { form } = button;
    if (!("geolocation" in navigator) || !form) continue;
    button.hidden = false;
    button.addEventListener("click", () => {
        const failed = document.querySelector("[data-locate-failed]");
        button.disabled = true;
        navigator.geolocation.getCurrentPosition(
            ({ coords }) => {
                form.querySelector("[data-latitude]").value = coords.latitude.toFixed(5);
                form.querySelector("[data-longitude]").value = coords.longitude.toFixed(5);
                form.requestSubmit();
            },
            () => {
                button.disabled = false;
                if (failed) failed.hidden = false;
            },
            { maximumAge: 60000, timeout: 10000 },
        );
    });
}

// A filter applies when it is changed; empty fields stay out of the address.
for (const form of document.querySelectorAll("form[data-refine]")) {
    form.addEventListener("change", (event) => {
        if (event.target.matches("select, input[type=radio], input[type=checkbox]"))
            form.requestSubmit();
    });
    form.addEventListener("submit", () => {
        for (const field of form.elements)
            if (field.name && !field.value) field.disabled = true;
    });
}

// Pressing "pay" twice sends it once; coming back with the back button allows it again.
for (const form of document.querySelectorAll("form[method=post]")) {
    form.addEventListener("submit", (event) => {
        if (form.dataset.sent) event.preventDefault();
        form.dataset.sent = "yes";
    });
}
window.addEventListener("pageshow", () => {
    for (const form of document.querySelectorAll("form")) {
        delete form.dataset.sent;
        for (const field of form.elements) if (form.hasAttribute("data-refine")) field.disabled = false;
    }
});

for (const button of document.querySelectorAll("[data-print]")) {
    button.hidden = false;
    button.addEventListener("click", () => window.print());
}

// A result that changes while one looks at it: the server sends the page's main part anew.
if (document.querySelector("[data-live]") && "EventSource" in window) {
    const source = new EventSource(`${location.pathname}/stream${location.search}`);
    source.addEventListener("message", ({ data }) => {
        const next = new DOMParser().parseFromString(data, "text/html").querySelector("main");
        const now = document.querySelector("main");
        if (!next) return;
        if (next.innerHTML !== now.innerHTML) now.replaceChildren(...next.childNodes);
        if (!now.querySelector("[data-live]")) source.close();
    });
}

// Mistakes are read out, and the first thing a keyboard reaches.
document.querySelector("[data-focus]")?.focus();

// A chosen amount and a typed one exclude each other.
for (const form of document.querySelectorAll(".pay-choice")) {
    const typed = form.elements.amount;
    form.addEventListener("change", (event) => {
        if (event.target.name === "choice") typed.value = "";
    });
    typed?.addEventListener("input", () => {
        for (const choice of form.querySelectorAll("[name=choice]")) choice.checked = false;
    });
}

if ("serviceWorker" in navigator && window.isSecureContext)
    navigator.serviceWorker.register("/worker.js").catch(() => {});
