// Fills a form with what a passkey says; a browser without them never sees the button.
if (window.PublicKeyCredential && PublicKeyCredential.parseRequestOptionsFromJSON) {
  document.querySelectorAll("[data-passkey]").forEach((button) => {
    button.hidden = false;
    button.addEventListener("click", async () => {
      const form = button.form;
      const said = form.querySelector("[data-said]");
      try {
        const asked = await fetch(button.dataset.passkey, { method: "POST", body: new URLSearchParams(new FormData(form)) });
        if (!asked.ok) throw new Error(String(asked.status));
        const { options, state } = await asked.json();
        const made = button.dataset.new
          ? await navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options) })
          : await navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options) });
        form.elements.assertion.value = JSON.stringify(made.toJSON());
        form.elements.state.value = state;
        form.noValidate = true;
        form.submit();
      } catch (error) {
        said.textContent = "The passkey was not shown: try again, or another way.";
      }
    });
  });
}
